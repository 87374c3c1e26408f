namespace Orleans.Kpl;

/// <summary>Marks a host that collects metrics, for those who warn where none does.</summary>
internal sealed class MetricsPresence;
