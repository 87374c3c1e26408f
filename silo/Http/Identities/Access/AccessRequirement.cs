using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Tokens;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Identities;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>The one requirement of every route: what <see cref="RouteAccessTable"/> says, for the stream that the request names.</summary>
internal static class AccessRequirement
{
    /// <summary>Whether the caller may do what the request asks for.</summary>
    public static bool IsMet(HttpContext context, CallerRights rights) => RouteAccessTable.Of(context) switch
    {
        RouteAccess.Everybody => true,
        RouteAccess.Known => rights is { Id: not null, IsBanned: false },
        RouteAccess.Produce => rights.May(IdentityRole.Produce, StreamOf(context) ?? DefaultStream(context)),
        RouteAccess.Status => StreamOf(context) is { } stream ? rights.May(IdentityRole.Status, stream) : rights.May(IdentityRole.Status),
        RouteAccess.AdministerAll => rights.MayAll(IdentityRole.Administer),
        RouteAccess.Administer => StreamOf(context) is { } stream ? rights.May(IdentityRole.Administer, stream) : rights.May(IdentityRole.Administer),
        _ => false,
    };

    /// <summary>Says why the caller may not do it. It is said of streams that exist and of those that do not.</summary>
    public static string Explain(HttpContext context, string identity, CallerRights rights)
    {
        if (rights.IsBanned)
            return AccessRefusal.Banned(identity);
        var (act, hasStream) = RouteAccessTable.Of(context) switch
        {
            RouteAccess.Produce => ("put into", true),
            RouteAccess.Status => ("look at", true),
            RouteAccess.Administer => ("administer", true),
            RouteAccess.AdministerAll => ("administer all streams, as this needs", false),
            _ => ("use this path", false),
        };
        var stream = StreamOf(context) ?? (act == "put into" ? DefaultStream(context) : null);
        return !hasStream ? $"{identity} may not {act}" : stream is null ? $"{identity} may not {act} any stream" : $"{identity} may not {act} '{stream}'";
    }

    private static string? StreamOf(HttpContext context) => context.GetRouteValue("stream") is null ? null : AdminQueryEndpoints.StreamOf(context);

    private static string DefaultStream(HttpContext context) => context.RequestServices.GetRequiredService<IOptions<KplHttpOptions>>().Value.DefaultStream;
}

/// <summary>Answers those who may not do what they asked for.</summary>
internal static class AccessRefusal
{
    public static Task ChallengeAsync(HttpContext context, CredentialAnswer answer)
    {
        if (answer.IsOpen)
            return ErrorAnswer.WriteAsync(context, new RequestRefusedException(
                StatusCodes.Status503ServiceUnavailable, HttpErrorCodes.NotReady, $"{answer.Reason}; nothing was taken", PublishedKeys.FirstPause));
        var (kind, key) = FailedProofs.Describe(context.Request);
        if (context.RequestServices.GetRequiredService<FailedProofs>().Note(context, kind, key, answer.Reason) is { } refused)
            return ErrorAnswer.WriteAsync(context, refused);
        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        return ErrorAnswer.WriteAsync(
            context, StatusCodes.Status401Unauthorized, HttpErrorCodes.NotAuthenticated, $"{answer.Reason}; send 'Authorization: Bearer' with an API key or a token");
    }

    public static Task ForbidAsync(HttpContext context, string? identity, string reason)
    {
        context.RequestServices.GetRequiredService<FailedProofs>().NoteForbidden(context, identity);
        return ErrorAnswer.WriteAsync(context, StatusCodes.Status403Forbidden, HttpErrorCodes.Forbidden, reason);
    }

    public static string Banned(string identity) => $"{identity} is banned";
}
