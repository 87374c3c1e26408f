namespace Orleans.Kpl.Glue;

/// <summary>The words of Glue's API and of its libraries' settings.</summary>
internal static class GlueNames
{
    public const string Available = "AVAILABLE";
    public const string Pending = "PENDING";
    public const string Failure = "FAILURE";

    /// <summary>The note that Glue's libraries make about a version: the stream that it came with first.</summary>
    public const string TransportKey = "x-amz-meta-transport";

    public static string Of(GlueDataFormat format) => format switch
    {
        GlueDataFormat.Avro => "AVRO",
        GlueDataFormat.Json => "JSON",
        GlueDataFormat.Protobuf => "PROTOBUF",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "allowed are Avro, Json and Protobuf"),
    };

    public static string Of(GlueCompatibility compatibility) => compatibility switch
    {
        GlueCompatibility.Backward => "BACKWARD",
        GlueCompatibility.BackwardAll => "BACKWARD_ALL",
        GlueCompatibility.Forward => "FORWARD",
        GlueCompatibility.ForwardAll => "FORWARD_ALL",
        GlueCompatibility.Full => "FULL",
        GlueCompatibility.FullAll => "FULL_ALL",
        GlueCompatibility.None => "NONE",
        GlueCompatibility.Disabled => "DISABLED",
        _ => throw new ArgumentOutOfRangeException(nameof(compatibility), compatibility, "allowed are the values of GlueCompatibility"),
    };

    /// <summary>The name of a schema in its ARN, <c>arn:aws:glue:REGION:ACCOUNT:schema/REGISTRY/NAME</c>; null where there is none.</summary>
    public static string? NameInArn(string? arn) =>
        arn?.Split('/') is [_, _, .. var rest] && rest.Length > 0 ? string.Join('/', rest) : null;

    /// <summary>The name of a stream that is given by name or by ARN.</summary>
    public static string NameOfStream(string stream) =>
        stream.StartsWith("arn:", StringComparison.Ordinal) ? stream[(stream.LastIndexOf('/') + 1)..] : stream;
}

/// <summary>What Glue demands of later versions of a schema that is created here (AWS Glue API, Compatibility).</summary>
public enum GlueCompatibility
{
    /// <summary>BACKWARD: consumers with the new version can read data of the last one.</summary>
    Backward = 0,

    /// <summary>BACKWARD_ALL: as BACKWARD, for all earlier versions.</summary>
    BackwardAll,

    /// <summary>FORWARD: consumers with the last version can read data of the new one.</summary>
    Forward,

    /// <summary>FORWARD_ALL: as FORWARD, for all earlier versions.</summary>
    ForwardAll,

    /// <summary>FULL: both, against the last version.</summary>
    Full,

    /// <summary>FULL_ALL: both, against all earlier versions.</summary>
    FullAll,

    /// <summary>NONE: nothing is demanded.</summary>
    None,

    /// <summary>DISABLED: no further version is taken.</summary>
    Disabled,
}
