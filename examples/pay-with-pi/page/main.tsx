import { createRoot } from 'react-dom/client';
import { Shop } from './shop.js';

const place = document.getElementById('shop');
if (place) createRoot(place).render(<Shop />);
