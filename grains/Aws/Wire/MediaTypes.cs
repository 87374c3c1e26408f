namespace Orleans.Kpl.Aws.Wire;

/// <summary>The media types of Kinesis' two formats.</summary>
internal static class MediaTypes
{
    public const string Json = "application/x-amz-json-1.1";

    public const string Cbor = "application/x-amz-cbor-1.1";

    public static string Of(WireFormat format) => format == WireFormat.Cbor ? Cbor : Json;
}
