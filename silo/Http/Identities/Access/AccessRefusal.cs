using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>Answers those who may not do what they asked for.</summary>
internal static class AccessRefusal
{
    public static Task ChallengeAsync(HttpContext context, string reason)
    {
        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        return ErrorAnswer.WriteAsync(
            context, StatusCodes.Status401Unauthorized, HttpErrorCodes.NotAuthenticated, $"{reason}; send 'Authorization: Bearer' with an API key or a token");
    }

    public static Task ForbidAsync(HttpContext context, string reason) =>
        ErrorAnswer.WriteAsync(context, StatusCodes.Status403Forbidden, HttpErrorCodes.Forbidden, reason);

    public static string Banned(string identity) => $"{identity} is banned";
}
