namespace Orleans.Kpl.Grains.Bridging;

/// <summary>One call of <c>AddKplBridge</c>: the events of a namespace of Orleans streams go to a stream of Kinesis.</summary>
/// <param name="Provider">The name of the stream provider.</param>
/// <param name="Namespace">The namespace of the streams.</param>
/// <param name="Stream">The Kinesis stream, by its name or ARN.</param>
internal sealed record StreamBridge(string Provider, string Namespace, string Stream);
