using System.Text.Json;

namespace Orleans.Kpl.Glue;

/// <summary>The words of Glue's API and of its libraries' settings.</summary>
internal static class GlueNames
{
    public const string Available = "AVAILABLE";
    public const string Pending = "PENDING";
    public const string Failure = "FAILURE";

    /// <summary>The metadata key that Glue's libraries give a version: the stream that it came with first.</summary>
    public const string TransportKey = "x-amz-meta-transport";

    /// <summary>The word for a format or a compatibility, such as BACKWARD_ALL for <see cref="GlueCompatibility.BackwardAll"/>.</summary>
    public static string Of<T>(T value) where T : struct, Enum => Enum.IsDefined(value)
        ? JsonNamingPolicy.SnakeCaseUpper.ConvertName(value.ToString())
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"allowed are {string.Join(", ", Enum.GetNames<T>())}");

    /// <summary>The name of a schema in its ARN, <c>arn:aws:glue:REGION:ACCOUNT:schema/REGISTRY/NAME</c>; null where there is none.</summary>
    public static string? NameInArn(string? arn) =>
        arn?.Split('/') is [_, _, .. var rest] && rest.Length > 0 ? string.Join('/', rest) : null;

    /// <summary>The name of a stream that is given by name or by ARN.</summary>
    public static string NameOfStream(string stream) =>
        stream.StartsWith("arn:", StringComparison.Ordinal) ? stream[(stream.LastIndexOf('/') + 1)..] : stream;
}

/// <summary>The compatibility that Glue demands of later versions of a schema that this library creates (AWS Glue API, Compatibility).</summary>
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

    /// <summary>DISABLED: no further version is accepted.</summary>
    Disabled,
}
