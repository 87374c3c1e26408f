using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Sessions;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>
/// Writes a line for each call of administration: who, from where, what, how it ended, and with which body. Of those that may not be made it writes a few a
/// minute, and how many more there were: anybody can make them. Each credential that is handed out has a line as well. The lines have a category of their
/// own, which no other level turns off.
/// </summary>
internal sealed partial class AuditTrail : IDisposable
{
    /// <summary>The caller's name where nobody is asked who it is, as the Kinesis front calls it too.</summary>
    private const string Anonymous = "anonymous";

    private const int LongestBody = 500;

    private static readonly object BodyKey = new();

    private static readonly object AdmittedKey = new();

    private readonly ILogger _logger;
    // Whoever is not known must not hide what an identity tries.
    private readonly EventBudget _ofUnknown;
    private readonly EventBudget _ofKnown;

    public AuditTrail(ILoggerFactory loggers, TimeProvider time)
    {
        _logger = loggers.CreateLogger(AuditLog.Category);
        _ofUnknown = new EventBudget(time, count => LogLeftOut(_logger, count, "callers who are not known"));
        _ofKnown = new EventBudget(time, count => LogLeftOut(_logger, count, "callers who are known"));
    }

    /// <summary>Has a request tell its line whatever others there are: its caller may administer.</summary>
    public static void NoteAdmitted(HttpContext context) => context.Items[AdmittedKey] = true;

    /// <summary>Has the line of a request tell its body, which has no secrets.</summary>
    public static void NoteBody(HttpContext context, ReadOnlySpan<byte> body) =>
        context.Items[BodyKey] = System.Text.Encoding.UTF8.GetString(body.Length > LongestBody ? body[..LongestBody] : body);

    /// <summary>Runs a request, and writes its line if its path is one of administration.</summary>
    public Task RunAsync(HttpContext context, RequestDelegate next) => RouteAccessTable.IsAdmin(context) ? TellAsync(context, next) : next(context);

    /// <summary>Runs a request of administration, and writes its line.</summary>
    public async Task TellAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        finally
        {
            // A host of its own may call its users anything.
            var name = CallerRights.Of(context.User).Id ?? context.User.Identity?.Name ?? "";
            if (context.Items.ContainsKey(AdmittedKey) || (name.Length > 0 ? _ofKnown : _ofUnknown).TryTake())
                Log(context, name);
        }
    }

    /// <summary>Writes the line of an access key that is handed out.</summary>
    public void NoteSession(HttpContext context, SessionAccessKey session) =>
        LogSession(_logger, session.Id, session.Identity, RequestText.AddressOf(context), session.Expires);

    public void Dispose()
    {
        _ofUnknown.Dispose();
        _ofKnown.Dispose();
    }

    private void Log(HttpContext context, string name)
    {
        // The path as it is written in a request has no control characters.
        var target = context.Request.Path.ToUriComponent() + RequestText.Escape(context.Request.QueryString.Value ?? "");
        var identity = name.Length > 0 ? RequestText.Escape(name) : context.RequestServices.HasIdentities() ? "nobody known" : Anonymous;
        var body = context.Items[BodyKey] is string text ? " " + RequestText.Escape(text, LongestBody) : "";
        LogCall(_logger, context.Request.Method, target, identity, RequestText.AddressOf(context), context.Response.StatusCode, body);
    }

    [LoggerMessage(205, LogLevel.Information, "Audit: {Method} {Target} by {Identity} from {Address}: {Status}{Body}")]
    private static partial void LogCall(ILogger logger, string method, string target, string identity, string address, int status, string body);

    [LoggerMessage(206, LogLevel.Information, "Audit: access key {Key} for {Identity} to {Address} until {End:u}")]
    private static partial void LogSession(ILogger logger, string key, string identity, string address, DateTimeOffset end);

    [LoggerMessage(231, LogLevel.Information, "Audit: {Count} more calls of {Callers} were refused within a minute")]
    private static partial void LogLeftOut(ILogger logger, long count, string callers);
}
