using System.Diagnostics;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>The common part of all ingest endpoints: the gate, and the answers to failures.</summary>
internal sealed class GatedEndpoint(IngestGate gate, IOptions<KplHttpOptions> options, FailureAnswers failures, ListenerLog listeners)
{
    public RequestDelegate Wrap(RequestDelegate endpoint, params IReadOnlyList<string> parameters)
    {
        RequestDelegate answered = context => AnswerAsync(context, endpoint, parameters);
        return context => RunAsync(context, answered);
    }

    private async Task RunAsync(HttpContext context, RequestDelegate endpoint)
    {
        if (!gate.TryEnter())
        {
            await ErrorAnswer.WriteDrainingAsync(context, options.Value.RetryAfter);
            return;
        }
        var activity = PutActivity.Start(context.Request, listeners);
        try
        {
            await failures.RunAsync(context, endpoint);
        }
        finally
        {
            gate.Exit();
            activity?.TryStop(listeners.Tell);
        }
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate endpoint, IReadOnlyList<string> parameters)
    {
        KnownQuery.Check(context.Request, parameters);
        try
        {
            await endpoint(context);
        }
        catch (NotSupportedException unsupported)
        {
            // This process cannot provide the requested acknowledgement level.
            await ErrorAnswer.WriteAsync(context, StatusCodes.Status400BadRequest, RecordErrorCodes.NotSupported, unsupported.Message);
        }
        catch (AcceptTimeoutException)
        {
            await ErrorAnswer.WriteAsync(context, RequestRefusedException.TooMany(
                $"there was no room for the records within {options.Value.AcceptTimeout.TotalSeconds:0.###} s (Kpl:Http:AcceptTimeout)",
                options.Value.RetryAfter));
        }
        catch (Exception ended) when (gate.IsDraining && !context.RequestAborted.IsCancellationRequested
            && ended is ObjectDisposedException or OperationCanceledException)
        {
            await ErrorAnswer.WriteDrainingAsync(context, options.Value.RetryAfter);
        }
    }
}

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
    public static Activity? Start(HttpRequest request, ListenerLog listeners)
    {
        if (!Source.HasListeners())
            return null;
        // A header that is none, or stands twice, links to nothing (W3C Trace Context, 3.2).
        var isLinked = ActivityContext.TryParse(request.Headers.TraceParent.ToString(), request.Headers.TraceState, isRemote: true, out var caller);
        // Otherwise the current span would be the parent. The change ends with the endpoint's own asynchronous method.
        Listeners.TryReturnTo(null, listeners.Tell);
        return Source.TryStart("kpl put", ActivityKind.Server, parent: default, tags: default, isLinked ? [new ActivityLink(caller)] : null, listeners.Tell);
    }
}
