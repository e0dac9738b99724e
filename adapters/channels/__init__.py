"""How people are reached: one real protocol a module, behind `domain.ports.Messenger`."""
