using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Kinesis.Answering;
using Orleans.Kpl.Kinesis.Signing;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>The way of a request: format, body, signature, operation, answer. It never throws.</summary>
/// <param name="gate">Admits requests until the process drains.</param>
/// <param name="http">The limits of the HTTP endpoints.</param>
/// <param name="bodies">Reads bodies within their common memory.</param>
/// <param name="operations">The operations.</param>
/// <param name="signatures">Verifies signatures; null where the process has no identities, and takes everybody.</param>
/// <param name="logger">The log.</param>
internal sealed partial class FrontEndpoint(
    IngestGate gate, KplHttpOptions http, BodyReader bodies, FrontOperations operations, SignatureVerifier? signatures, ILogger<FrontEndpoint> logger)
{
    public async Task HandleAsync(HttpContext context)
    {
        var id = FrontAnswer.AddIds(context.Response);
        var format = FrontFormat.Of(context.Request.ContentType);
        if (!gate.TryEnter())
        {
            await RefuseAsync(context, format, FrontErrors.Draining());
            return;
        }

        using var activity = PutActivity.Start(context.Request);
        try
        {
            await AnswerAsync(context, format, id);
        }
        finally
        {
            gate.Exit();
        }
    }

    private async Task AnswerAsync(HttpContext context, FrontFormat? format, string id)
    {
        try
        {
            if (format is not { } known)
                throw FrontErrors.UnknownOperation("Content-Type must be application/x-amz-json-1.1 or application/x-amz-cbor-1.1.", StatusCodes.Status404NotFound);
            using var answer = FrontWriter.For(known.Format);
            // Whoever has proved who he is on the connection need not sign.
            (SignatureClaim Claim, DateTimeOffset At)? signature =
                signatures is not null && context.User.Identity is not { IsAuthenticated: true } ? signatures.Read(context.Request) : null;
            EarlyTurn.Begin(context, signature?.Claim.AccessKeyId);
            using (var body = await FrontBody.ReadAsync(context, bodies, http))
            {
                if (signature is var (claim, at))
                {
                    context.User = signatures!.Verify(context.Request, claim, at, body.Memory.Span);
                    EarlyTurn.Note(context, claim.AccessKeyId, context.User);
                }

                await operations.RunAsync(context, body, answer);
            }

            await FrontAnswer.SendAsync(context.Response, StatusCodes.Status200OK, known.MediaType, answer.End());
        }
        catch (FrontException error)
        {
            await RefuseAsync(context, format, error);
        }
        catch (Exception ended) when (ended is ObjectDisposedException or OperationCanceledException
            && gate.IsDraining && !context.RequestAborted.IsCancellationRequested)
        {
            await RefuseAsync(context, format, FrontErrors.Draining());
        }
        catch (Exception gone) when (gone is ConnectionResetException or ConnectionAbortedException
            || gone is OperationCanceledException && context.RequestAborted.IsCancellationRequested)
        {
            context.Features.Get<QuotaTurn>()?.Refund(isRefused: false);
            context.Abort(); // no client is waiting for an answer
        }
        catch (BadHttpRequestException bad)
        {
            await RefuseAsync(context, format, new FrontException("com.amazon.coral.service#SerializationException", bad.Message, bad.StatusCode));
        }
        catch (RequestRefusedException refused)
        {
            await RefuseAsync(context, format, new FrontException("com.amazon.coral.service#SerializationException", refused.Message, refused.StatusCode));
        }
        catch (Exception defect)
        {
            LogDefect(logger, defect, id);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await RefuseAsync(context, format, FrontErrors.Failure());
        }
    }

    private static Task RefuseAsync(HttpContext context, FrontFormat? format, FrontException error)
    {
        // Nothing was taken, unless records were counted: the caller did not use what it was not given.
        context.Features.Get<QuotaTurn>()?.Refund(error.Type == FrontErrors.Throughput || error.StatusCode == StatusCodes.Status503ServiceUnavailable);
        // A client that came here while the process drains must connect anew, and so elsewhere.
        if (error.StatusCode == StatusCodes.Status503ServiceUnavailable)
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        return FrontAnswer.SendAsync(context.Response, format ?? FrontFormat.Json, error);
    }

    [LoggerMessage(1, LogLevel.Error, "Request {Id} to the Kinesis front failed")]
    private static partial void LogDefect(ILogger logger, Exception error, string id);
}
