using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>The common part of all ingest endpoints: the gate, and the answers to failures.</summary>
internal sealed class GatedEndpoint(IngestGate gate, IOptions<KplHttpOptions> options, FailureAnswers failures)
{
    /// <summary>Wraps an endpoint with the gate.</summary>
    /// <param name="parameters">The parameters of its query.</param>
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
        using var activity = PutActivity.Start(context.Request);
        try
        {
            await failures.RunAsync(context, endpoint);
        }
        finally
        {
            gate.Exit();
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
