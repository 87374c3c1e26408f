namespace Orleans.Kpl;

/// <summary>The dialect in which records are written to Kinesis.</summary>
public enum WireFormat
{
    /// <summary>
    /// AWS JSON 1.1, <c>application/x-amz-json-1.1</c>, with data in base64. The default: it is the protocol that Kinesis' service
    /// model publishes.
    /// </summary>
    Json = 0,

    /// <summary>
    /// CBOR, <c>application/x-amz-cbor-1.1</c>, with raw data, as AWS's SDK for Java writes it: a quarter fewer bytes to hash and
    /// send, and no base64. If an endpoint rejects it, the same call is repeated once in JSON, and later calls use JSON at once.
    /// </summary>
    Cbor,
}
