using System.Globalization;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>
/// Decides whether an answer to a request in CBOR may mean that the endpoint does not accept CBOR. Only answers which also show that nothing
/// was applied count: the same request is then sent again in JSON. An endpoint that accepts the JSON is taken to refuse CBOR.
/// </summary>
internal static class CborRefusal
{
    /// <summary>
    /// Statuses with which a front end, not the service, refuses a request: the answer has no error type. Bad request, forbidden (firewalls that
    /// do not know a media type), not found, method not allowed, not acceptable, unsupported media type, not implemented. A front end sends none
    /// of them after it has passed the request on.
    /// </summary>
    private static readonly int[] Statuses = [400, 403, 404, 405, 406, 415, 501];

    public static bool IsOne(KinesisException error) =>
        error.Kind == KinesisFailureKind.Refused
        && (error.Code is "SerializationException" or "UnknownOperationException" or "UnsupportedMediaTypeException" || IsUntyped(error));

    private static bool IsUntyped(KinesisException error) =>
        Statuses.Contains(error.HttpStatus) && error.Code == string.Create(CultureInfo.InvariantCulture, $"HTTP {error.HttpStatus}");
}
