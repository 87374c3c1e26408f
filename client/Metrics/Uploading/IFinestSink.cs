namespace Orleans.Kpl.Metrics.Uploading;

/// <summary>A sink of a place that adds series up: it gets each value once, with its finest dimensions (<see cref="Collecting.FinestSeries"/>).</summary>
internal interface IFinestSink : IMetricsSink;
