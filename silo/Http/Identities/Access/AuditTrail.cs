using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Sessions;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>
/// Writes a line for each call of administration, refused ones too: who, from where, what, how it ended, and with which body. One for each credential that is
/// handed out as well. They have a category of their own, which no other level turns off.
/// </summary>
internal sealed partial class AuditTrail(ILoggerFactory loggers)
{
    /// <summary>The caller's name where nobody is asked who it is, as the Kinesis front calls it too.</summary>
    private const string Anonymous = "anonymous";

    private const int LongestBody = 500;

    private static readonly object BodyKey = new();

    private readonly ILogger _logger = loggers.CreateLogger(AuditLog.Category);

    /// <summary>Has the line of a request tell its body, which has no secrets.</summary>
    public static void NoteBody(HttpContext context, ReadOnlySpan<byte> body) =>
        context.Items[BodyKey] = System.Text.Encoding.UTF8.GetString(body.Length > LongestBody ? body[..LongestBody] : body);

    /// <summary>Runs a request, and writes its line if it is one of administration.</summary>
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
            var target = context.Request.Path.ToUriComponent() + RequestText.Escape(context.Request.QueryString.Value ?? "");
            // A host of its own may call its users anything.
            var identity = (CallerRights.Of(context.User).Id ?? context.User.Identity?.Name) is { Length: > 0 } name ? RequestText.Escape(name)
                : context.RequestServices.HasIdentities() ? "nobody known" : Anonymous;
            var body = context.Items[BodyKey] is string text ? " " + RequestText.Escape(text, LongestBody) : "";
            LogCall(_logger, context.Request.Method, target, identity, RequestText.AddressOf(context), context.Response.StatusCode, body);
        }
    }

    /// <summary>Writes the line of an access key that is handed out.</summary>
    public void NoteSession(HttpContext context, SessionAccessKey session) =>
        LogSession(_logger, session.Id, session.Identity, RequestText.AddressOf(context), session.Expires);

    [LoggerMessage(205, LogLevel.Information, "Audit: {Method} {Target} by {Identity} from {Address}: {Status}{Body}")]
    private static partial void LogCall(ILogger logger, string method, string target, string identity, string address, int status, string body);

    [LoggerMessage(206, LogLevel.Information, "Audit: access key {Key} for {Identity} to {Address} until {End:u}")]
    private static partial void LogSession(ILogger logger, string key, string identity, string address, DateTimeOffset end);
}
