namespace Orleans.Kpl;

/// <summary>The dialect in which records are written to Kinesis.</summary>
public enum WireFormat
{
    /// <summary>
    /// AWS JSON 1.1, <c>application/x-amz-json-1.1</c>, with data in base64. The default: it is the protocol that Kinesis' service model
    /// publishes.
    /// </summary>
    Json = 0,

    /// <summary>
    /// CBOR, <c>application/x-amz-cbor-1.1</c>, with data as it is, as AWS's SDK for Java writes: a quarter fewer bytes to hash and to send
    /// and no base64. Where an endpoint refuses it, the same call is made once more in JSON, and further ones in JSON at once.
    /// </summary>
    Cbor,
}
