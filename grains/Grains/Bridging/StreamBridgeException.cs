namespace Orleans.Kpl.Grains.Bridging;

/// <summary>Events are not in Kinesis, or not certainly: their provider must deliver them again.</summary>
internal sealed class StreamBridgeException(string message) : Exception(message);
