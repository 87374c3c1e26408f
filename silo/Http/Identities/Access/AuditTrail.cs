using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>Writes a line for each call of administration, refused ones too: who, from where, what, and how it ended.</summary>
internal sealed partial class AuditTrail(ILogger<AuditTrail> logger)
{
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if (!RouteAccessTable.IsAdmin(context))
        {
            await next(context);
            return;
        }
        try
        {
            await next(context);
        }
        finally
        {
            // The path as it is written in a request has no control characters.
            var path = context.Request.Path.ToUriComponent();
            var identity = CallerRights.Of(context.User).Id ?? "nobody known";
            var address = context.Connection.RemoteIpAddress?.ToString() ?? "this process";
            LogCall(logger, context.Request.Method, path, identity, address, context.Response.StatusCode);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Audit: {Method} {Path} by {Identity} from {Address}: {Status}")]
    private static partial void LogCall(ILogger logger, string method, string path, string identity, string address, int status);
}
