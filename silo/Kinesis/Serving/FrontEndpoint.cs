using System.Security.Claims;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Kinesis.Signing;
using Orleans.Kpl.Kinesis.Wire;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>The way of a request: format, body, signature, operation, answer. It never throws.</summary>
/// <param name="gate">Admits requests until the process drains.</param>
/// <param name="bodies">Reads bodies within their common memory.</param>
/// <param name="signatures">Verifies signatures; null where the process has no identities, and takes everybody.</param>
/// <param name="proxies">Whose connections many clients share.</param>
/// <param name="failures">Is told who was not believed.</param>
/// <param name="defects">Is told of defects.</param>
/// <param name="listeners">Is told of listeners that throw.</param>
internal sealed class FrontEndpoint(
    IngestGate gate, KplHttpOptions http, BodyReader bodies, FrontOperations operations, SignatureVerifier? signatures, TrustedProxies proxies,
    FailedProofs failures, FailureAnswers defects, ListenerLog listeners)
{
    /// <summary>The most of a put: 10 MiB as base64, and as much again as members, keys with escapes and blanks may need.</summary>
    private const long MostBytes = (10L << 20) / 3 * 4 + (2 << 20);

    /// <summary>All others name a stream and a few terms. What their JSON becomes in memory is many times as large, and counted by nobody.</summary>
    private const long MostOthersBytes = 64 << 10;

    public async Task HandleAsync(HttpContext context)
    {
        var id = FrontAnswer.AddIds(context.Response);
        var format = FrontFormat.Of(context.Request.ContentType);
        if (!gate.TryEnter())
        {
            await RefuseAsync(context, format, FrontErrors.Draining());
            return;
        }

        var activity = PutActivity.Start(context.Request, listeners);
        try
        {
            await AnswerAsync(context, format, id);
        }
        finally
        {
            gate.Exit();
            activity?.TryStop(listeners.Tell);
        }
    }

    /// <summary>Whoever signs is judged by that alone. An identity that is known by its connection or its token need not sign.</summary>
    private bool MustSign(HttpContext context) =>
        signatures is not null && (CallerCredential.IsSigned(context.Request) || CallerRights.Find(context)?.Id is null);

    private async Task AnswerAsync(HttpContext context, FrontFormat? format, string id)
    {
        try
        {
            if (format is not { } known)
                throw FrontErrors.UnknownOperation("Content-Type must be application/x-amz-json-1.1 or application/x-amz-cbor-1.1.", StatusCodes.Status404NotFound);
            using var answer = FrontWriter.For(known.Format);
            var head = MustSign(context) ? ReadHead(context) : null;
            var signer = head is null ? null : EarlySigner.Of(context, head, http, proxies);
            EarlyCharge.Begin(context, head is null ? CallerRights.Find(context)?.Id : signer);
            using (var body = await ReadBodyAsync(context, head is not null && signer is null ? EarlySigner.NameOf(head) : null))
            {
                if (head is not null)
                {
                    context.User = Verify(context, head, body);
                    body.Know();
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
            context.Features.Get<QuotaCharge>()?.Refund(isRefused: false);
            context.Abort(); // no client is waiting for an answer
        }
        catch (BadHttpRequestException bad)
        {
            await RefuseBodyAsync(context, format, bad.StatusCode, bad.Message);
        }
        catch (RequestRefusedException refused)
        {
            await RefuseBodyAsync(context, format, refused.StatusCode, refused.Message);
        }
        catch (Exception defect)
        {
            defects.Tell(context, defect, id);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await RefuseAsync(context, format, FrontErrors.Failure());
        }
    }

    /// <exception cref="FrontException">The body is compressed.</exception>
    /// <exception cref="RequestRefusedException">It is too long or too slow, or there is no memory for it.</exception>
    private ValueTask<ReceivedBody> ReadBodyAsync(HttpContext context, string? stranger)
    {
        if (context.Request.Headers.ContentEncoding.Count > 0)
            throw FrontErrors.Serialization("Content-Encoding is not supported.");
        var most = FrontOperations.IsPut(context.Request) ? MostBytes : MostOthersBytes;
        return bodies.ReadAsync(context.Request, Math.Min(most, http.MaxBodyBytes), stranger);
    }

    /// <exception cref="FrontException">
    /// The signature is wrong. Whoever it merely names is not charged for it; whoever the head has proved pays for the body.
    /// </exception>
    private ClaimsPrincipal Verify(HttpContext context, SignedHead head, ReceivedBody body)
    {
        try
        {
            var user = signatures!.Verify(context.Request, head, body.Memory.Span);
            EarlySigner.Note(context, head);
            return user;
        }
        catch (FrontException error)
        {
            EarlySigner.NoteForgery(context);
            if (!head.IsProved)
                context.Features.Get<QuotaCharge>()?.Refund(isRefused: false);
            throw NoteFailure(context, error);
        }
    }

    /// <exception cref="FrontException">The request has no signature, or none that is taken.</exception>
    private SignedHead ReadHead(HttpContext context)
    {
        try
        {
            return signatures!.Read(context.Request);
        }
        catch (FrontException error)
        {
            throw NoteFailure(context, error);
        }
    }

    private FrontException NoteFailure(HttpContext context, FrontException error) =>
        failures.Note(context, error.Type[(error.Type.IndexOf('#', StringComparison.Ordinal) + 1)..], SignatureClaim.FindKey(context.Request)) is { } refused
            ? FrontErrors.TooManyFailures(refused.Message)
            : error;

    private Task RefuseBodyAsync(HttpContext context, FrontFormat? format, int statusCode, string message)
    {
        // It would have proved whose it is.
        if (signatures is not null && statusCode == StatusCodes.Status408RequestTimeout && context.User.Identity is not { IsAuthenticated: true })
            failures.Note(context, HttpErrorCodes.SlowBody, SignatureClaim.FindKey(context.Request));
        return RefuseAsync(context, format, FrontErrors.OfBody(statusCode, message));
    }

    private static async Task RefuseAsync(HttpContext context, FrontFormat? format, FrontException error)
    {
        // These mean that nothing was taken, and that it is not the caller's fault. A request that is wrong was read, and is paid for as over HTTP.
        if (error.Type == FrontErrors.Throughput
            || error.StatusCode is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status503ServiceUnavailable)
            context.Features.Get<QuotaCharge>()?.Refund();
        // A client that came here while the process drains must connect anew, and so elsewhere.
        if (error.StatusCode == StatusCodes.Status503ServiceUnavailable)
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        await BodyReader.DiscardAsync(context);
        await FrontAnswer.SendAsync(context.Response, format ?? FrontFormat.Json, error);
        await BodyReader.DiscardAsync(context);
    }
}
