using Microsoft.AspNetCore.Routing;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Reading.Keying;

namespace Orleans.Kpl.Http.Streaming;

/// <summary>A request whose lines are taken while they come.</summary>
/// <param name="Ack">When a line is answered.</param>
/// <param name="IsAccepted">Whether it is answered when it is in memory.</param>
/// <param name="Form">The member that carries the data of a line.</param>
/// <param name="Key">Where partition keys come from; null where lines bring them.</param>
internal sealed record StreamedRequest(string Stream, PutOptions Ack, bool IsAccepted, PayloadForm Form, KeyRule? Key)
{
    private const string Parameter = "stream";

    /// <summary>Whether a request asks for that, by <c>?stream=true</c>.</summary>
    /// <exception cref="RequestRefusedException">It says neither true nor false.</exception>
    public static bool IsMeant(HttpRequest request)
    {
        if (!request.QueryString.HasValue || !request.Query.TryGetValue(Parameter, out var values))
            return false;
        return bool.TryParse(values.ToString(), out var isMeant)
            ? isMeant
            : throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"stream '{values}' is neither true nor false");
    }

    /// <summary>Whether the matched route takes such requests, and this is one. It is charged by its windows, for it may have no end.</summary>
    public static bool IsOf(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: RecordsEndpoint.Path }
        && bool.TryParse(context.Request.Query[Parameter].ToString(), out var isMeant) && isMeant;

    /// <summary>Returns how lines of a body carry their data.</summary>
    /// <exception cref="RequestRefusedException">The body has no lines.</exception>
    public static PayloadForm FormOf(HttpRequest request, ContentKind kind) => kind switch
    {
        ContentKind.Lines => PayloadForm.JsonText,
        ContentKind.Base64Lines => PayloadForm.Base64,
        _ => throw ContentType.Refuse(request, $"{ContentType.Lines} or {ContentType.Base64Lines} with ?stream=true"),
    };
}
