using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>Answers those who may not do what they asked for.</summary>
internal static class AccessRefusal
{
    public static Task ChallengeAsync(HttpContext context, string reason)
    {
        var (kind, key) = FailedProofs.Describe(context.Request);
        if (context.RequestServices.GetRequiredService<FailedProofs>().Note(context, kind, key) is { } refused)
            return ErrorAnswer.WriteAsync(context, refused);
        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        return ErrorAnswer.WriteAsync(
            context, StatusCodes.Status401Unauthorized, HttpErrorCodes.NotAuthenticated, $"{reason}; send 'Authorization: Bearer' with an API key or a token");
    }

    public static Task ForbidAsync(HttpContext context, string? identity, string reason)
    {
        context.RequestServices.GetRequiredService<FailedProofs>().NoteForbidden(context, identity);
        return ErrorAnswer.WriteAsync(context, StatusCodes.Status403Forbidden, HttpErrorCodes.Forbidden, reason);
    }

    public static string Banned(string identity) => $"{identity} is banned";
}
