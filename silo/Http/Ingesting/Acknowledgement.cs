using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>The acknowledgement level of a request. It is set on every put, because the stream's own setting is for callers in the process.</summary>
internal static class Acknowledgement
{
    public static readonly PutOptions Delivered = new() { AckLevel = AckLevel.Delivered };

    public static readonly PutOptions Persisted = new() { AckLevel = AckLevel.Persisted };

    public static readonly PutOptions Accepted = new() { AckLevel = AckLevel.Accepted };

    /// <summary>Reads <c>?ack=</c>; delivered if it is missing.</summary>
    public static PutOptions Read(HttpRequest request)
    {
        if (!request.QueryString.HasValue || !request.Query.TryGetValue("ack", out var values))
            return Delivered;
        var ack = values.ToString();
        if (ack.Equals("delivered", StringComparison.OrdinalIgnoreCase))
            return Delivered;
        if (ack.Equals("accepted", StringComparison.OrdinalIgnoreCase))
            return Accepted;
        return ack.Equals("persisted", StringComparison.OrdinalIgnoreCase)
            ? Persisted
            : throw RequestRefusedException.BadRequest(HttpErrorCodes.InvalidAck, $"ack '{ack}' is none of accepted, persisted, delivered");
    }
}
