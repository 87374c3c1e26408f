using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>
/// The acknowledgement level of a request, and how long it waits for room. Both are set on every put, because the stream's own settings are for
/// callers in the process.
/// </summary>
internal sealed class Acknowledgement(IOptions<KplHttpOptions> options)
{
    /// <summary>All callers without an identity are one.</summary>
    public const string Anybody = "";

    public PutOptions Delivered { get; } = new() { AckLevel = AckLevel.Delivered, AcceptTimeout = options.Value.AcceptTimeout, Identity = Anybody };

    public PutOptions Persisted { get; } = new() { AckLevel = AckLevel.Persisted, AcceptTimeout = options.Value.AcceptTimeout, Identity = Anybody };

    public PutOptions Accepted { get; } = new() { AckLevel = AckLevel.Accepted, AcceptTimeout = options.Value.AcceptTimeout, Identity = Anybody };

    /// <summary>Returns the options of a put of this caller, who waits for room in turns with others.</summary>
    /// <param name="routing">How its records find their shards; null for what their stream says.</param>
    public static PutOptions Of(HttpContext context, PutOptions level, RoutingMode? routing = null)
    {
        var identity = CallerRights.Find(context)?.Id;
        return identity is null && routing is null ? level : level with { Identity = identity ?? level.Identity, Routing = routing };
    }

    /// <summary>Reads <c>?ack=</c>; delivered if it is missing.</summary>
    public PutOptions Read(HttpRequest request)
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
