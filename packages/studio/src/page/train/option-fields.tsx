/** Every option of training, for those who want to choose. */
import { type DataTable, routes, type TrainingOptions } from '../../api.ts';
import { useResource } from '../net/use-resource.ts';
import { allMethods, methodWords } from '../words/methods.ts';
import { NumberField } from './number-field.tsx';

const models: Readonly<Record<string, string>> = {
  unet: 'U-Net',
  deeplabv3: 'DeepLabV3',
  resunet: 'Residual U-Net',
  'swin-unet': 'Swin-UNet',
};
const sizes = [64, 128, 192, 256, 384, 512];

export function OptionFields({
  options,
  onChange,
}: {
  options: TrainingOptions;
  onChange: (options: TrainingOptions) => void;
}) {
  const table = useResource<DataTable>(routes.data);
  const set = (some: Partial<TrainingOptions>) => onChange({ ...options, ...some });
  const testSets = table.value?.testSets ?? [];
  return (
    <div className="stack">
      <fieldset className="bare stack tight">
        <legend>
          <strong>Methods to compare</strong>
        </legend>
        {allMethods.map((method) => (
          <label key={method} className="choice">
            <input
              type="checkbox"
              checked={options.methods.includes(method)}
              disabled={options.methods.length === 1 && options.methods[0] === method}
              onChange={({ target }) =>
                set({
                  methods: allMethods.filter((one) =>
                    one === method ? target.checked : options.methods.includes(one),
                  ),
                })
              }
            />
            <span>
              {methodWords(method).label}:{' '}
              <span className="muted">{methodWords(method).sentence}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div className="fields">
        <label className="field">
          Model
          <select value={options.model} onChange={({ target }) => set({ model: target.value })}>
            {Object.entries(models).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          Images are seen at
          <select
            value={options.size}
            onChange={({ target }) => set({ size: Number(target.value) })}
          >
            {[...new Set([...sizes, options.size])]
              .sort((a, b) => a - b)
              .map((size) => (
                <option key={size} value={size}>
                  {size} × {size} px
                </option>
              ))}
          </select>
        </label>
        <label className="field">
          Recipe
          <select
            value={options.preset}
            onChange={({ target }) => set({ preset: target.value as TrainingOptions['preset'] })}
          >
            <option value="fast">fast, minutes on a processor</option>
            <option value="standard">standard, for a graphics card</option>
            <option value="paper">rates and widths of the paper</option>
          </select>
        </label>
        <NumberField
          label="Minutes for the slowest method"
          hint="as the recipe says"
          value={options.budget === null ? null : options.budget / 60}
          onGive={(minutes) =>
            // Either the time is given or the steps.
            set(minutes === null ? { budget: null } : { budget: minutes * 60, iterations: null })
          }
        />
        <NumberField
          label="Steps"
          hint="as the recipe says"
          whole
          value={options.iterations}
          onGive={(iterations) =>
            set(iterations === null ? { iterations } : { iterations, budget: null })
          }
        />
        <NumberField
          label="Images that validate"
          hint="a fifth"
          whole
          value={options.validation}
          onGive={(validation) => set({ validation })}
        />
        <NumberField
          label="Seed"
          hint="0"
          whole
          least={0}
          value={options.seed}
          onGive={(seed) => set({ seed: seed ?? 0 })}
        />
      </div>
      {testSets.length > 0 && (
        <fieldset className="bare row">
          <legend>
            <strong>Also test on</strong>
          </legend>
          {testSets.map(({ name }) => (
            <label key={name} className="choice">
              <input
                type="checkbox"
                checked={options.testSets.includes(name)}
                onChange={({ target }) =>
                  set({
                    testSets: target.checked
                      ? [...options.testSets, name]
                      : options.testSets.filter((one) => one !== name),
                  })
                }
              />
              {name}
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}
