"""How often the forecasts, the chances and the official labels come true."""
