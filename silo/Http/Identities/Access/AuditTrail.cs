using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>Writes a line for each call of administration, refused ones too: who, from where, what, and how it ended.</summary>
internal sealed partial class AuditTrail(ILogger<AuditTrail> logger)
{
    /// <summary>Who calls where nobody is asked who it is, as the Kinesis front calls them too.</summary>
    private const string Anonymous = "anonymous";

    private static readonly object IsKept = new();

    /// <summary>Runs a request, and writes its line. Where this stands in a request's way twice, the first one does.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if (!RouteAccessTable.IsAdmin(context) || !context.Items.TryAdd(IsKept, null))
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
            var identity = CallerRights.Of(context.User).Id ?? context.User.Identity?.Name
                ?? (context.RequestServices.HasIdentities() ? "nobody known" : Anonymous);
            var address = context.Connection.RemoteIpAddress?.ToString() ?? "this process";
            LogCall(logger, context.Request.Method, path, identity, address, context.Response.StatusCode);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Audit: {Method} {Path} by {Identity} from {Address}: {Status}")]
    private static partial void LogCall(ILogger logger, string method, string path, string identity, string address, int status);
}
