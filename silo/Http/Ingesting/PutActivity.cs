using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>
/// The activity of a request that puts records, for whoever traces this process. It links to the caller's (<c>traceparent</c>) and begins a trace of
/// its own: no caller decides what is traced here, and one batch has records of many. Nothing of it is stored with a record.
/// </summary>
internal static class PutActivity
{
    /// <summary>The name of the source, for <c>AddSource</c> of OpenTelemetry.</summary>
    public const string SourceName = "Orleans.Kpl.Http";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Begins the activity; null where nobody listens.</summary>
    public static Activity? Start(HttpRequest request)
    {
        if (!Source.HasListeners())
            return null;
        // A header that is none, or stands twice, links to nothing (W3C Trace Context, 3.2).
        var isLinked = ActivityContext.TryParse(request.Headers.TraceParent.ToString(), request.Headers.TraceState, isRemote: true, out var caller);
        Activity.Current = null; // it would be the parent; it comes back with the caller's own flow
        return Source.StartActivity("kpl put", ActivityKind.Server, parentContext: default, links: isLinked ? [new ActivityLink(caller)] : null);
    }
}
