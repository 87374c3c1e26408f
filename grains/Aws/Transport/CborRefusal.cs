using System.Globalization;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>
/// Whether an answer to a request in CBOR may mean that CBOR is not taken there. Only answers that also say that nothing was applied: the
/// same request is made once more in JSON then. That shows what was meant; an endpoint is believed to refuse CBOR when it takes the JSON.
/// </summary>
internal static class CborRefusal
{
    /// <summary>
    /// Refusals of a front end that are no service's, because they have no type: bad request, forbidden (firewalls that know a media type not),
    /// not found, method not allowed, not acceptable, unsupported media type, not implemented. None of them comes after the request was passed on.
    /// </summary>
    private static readonly int[] Statuses = [400, 403, 404, 405, 406, 415, 501];

    public static bool IsOne(KinesisException error) =>
        error.Kind == KinesisFailureKind.Refused
        && (error.Code is "SerializationException" or "UnknownOperationException" or "UnsupportedMediaTypeException" || IsUntyped(error));

    private static bool IsUntyped(KinesisException error) =>
        Statuses.Contains(error.HttpStatus) && error.Code == string.Create(CultureInfo.InvariantCulture, $"HTTP {error.HttpStatus}");
}
