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
    /// <summary>What the role's owner asks of others who assume it, or null.</summary>
    public string? RoleExternalId { get; init; }

    /// <summary>The name of the role's session, or null.</summary>
    public string? RoleSessionName { get; init; }

    /// <summary>Gives the stream's own credentials; null for the process'.</summary>
    public Func<CancellationToken, ValueTask<KinesisCredentials>>? Credentials { get; init; }

    /// <summary>Creates the target of a stream from its settings.</summary>
    public static StreamTarget Of(string stream, StreamOptions settings) =>
        new(stream, settings.RoleArn, settings.RequestTimeout, settings.Ordered != OrderedMode.Off, settings.WireFormat)
        {
            RoleExternalId = settings.RoleExternalId,
            RoleSessionName = settings.RoleSessionName,
            Credentials = settings.Credentials,
        };
}
