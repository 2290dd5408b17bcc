/** The page's entry. */
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './style/tokens.css';
import './style/base.css';
import './style/frame.css';
import './style/controls.css';

createRoot(document.getElementById('page')!).render(<App />);
