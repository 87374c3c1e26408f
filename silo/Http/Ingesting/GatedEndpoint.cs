using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>The common part of all ingest endpoints: the gate, and the answers to failures.</summary>
internal sealed class GatedEndpoint(IngestGate gate, IOptions<KplHttpOptions> options, FailureAnswers failures)
{
    /// <summary>Wraps an endpoint with the gate.</summary>
    public RequestDelegate Wrap(RequestDelegate endpoint)
    {
        RequestDelegate answered = context => AnswerAsync(context, endpoint);
        return context => RunAsync(context, answered);
    }

    private async Task RunAsync(HttpContext context, RequestDelegate endpoint)
    {
        if (!gate.TryEnter())
        {
            await ErrorAnswer.WriteDrainingAsync(context, options.Value.RetryAfter);
            return;
        }
        try
        {
            await failures.RunAsync(context, endpoint);
        }
        finally
        {
            gate.Exit();
        }
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate endpoint)
    {
        try
        {
            await endpoint(context);
        }
        catch (NotSupportedException unsupported)
        {
            // This process cannot provide the requested acknowledgement level.
            await ErrorAnswer.WriteAsync(context, StatusCodes.Status400BadRequest, RecordErrorCodes.NotSupported, unsupported.Message);
        }
        catch (ObjectDisposedException) when (gate.IsDraining)
        {
            await ErrorAnswer.WriteDrainingAsync(context, options.Value.RetryAfter);
        }
    }
}
