namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>The stream that a call is for, and how to call it.</summary>
/// <param name="Stream">The stream's name or ARN.</param>
/// <param name="RoleArn">The role to assume for it, or null.</param>
/// <param name="RequestTimeout">How long the whole call may take.</param>
/// <param name="IsOrdered">Whether the stream's records keep their order.</param>
/// <param name="WireFormat">The dialect in which its records are written.</param>
internal sealed record StreamTarget(
    string Stream, string? RoleArn, TimeSpan RequestTimeout, bool IsOrdered = false, WireFormat WireFormat = WireFormat.Json)
{
    /// <summary>Creates the target of a stream from its settings.</summary>
    public static StreamTarget Of(string stream, StreamOptions settings) =>
        new(stream, settings.RoleArn, settings.RequestTimeout, settings.Ordered != OrderedMode.Off, settings.WireFormat);
}
