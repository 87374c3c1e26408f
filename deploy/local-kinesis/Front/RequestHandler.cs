using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Kpl.LocalKinesis.FanOut;
using Orleans.Kpl.LocalKinesis.Faults.Switchboard;
using Orleans.Kpl.LocalKinesis.Operations;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>The way of a request: dialect, body, signature, operation, answer; and faults, where some are on.</summary>
internal sealed partial class RequestHandler(StreamStore store, FaultSwitchboard switchboard, CancellationToken stopping, ILogger logger)
{
    private const int AnswerRoom = 64 << 10;

    private readonly SignatureCheck _signatures = new(store.Settings.Options.CheckSignatures, store.Settings.Clock);
    private readonly CallLimits? _callLimits = store.Settings.Options.EnforceCallLimits ? new() : null;

    // Base64 adds a third; the rest is room for names, keys with escapes, and blanks.
    private readonly long _mostBodyBytes = store.Settings.Options.Sizes.MaxRequestBytes / 3L * 4 + (2 << 20);

    public async Task HandleAsync(HttpContext context)
    {
        var cbor = Dialect.IsCbor(context.Request.ContentType);
        using var output = new PooledBytes(AnswerRoom);
        AnswerWriter writer = cbor ? new CborAnswerWriter(output) : new JsonAnswerWriter(output);
        var operation = OperationTable.Find(context.Request.Headers["X-Amz-Target"].ToString());
        var faults = switchboard.IsEmpty
            ? null : new FaultedCall(switchboard, store.Settings.Clock, context, operation?.Name, stopping);
        ShardSubscription? subscription = null;
        try
        {
            (var status, subscription) = await ExecuteAsync(context, operation, cbor, writer, faults);
            if (faults is { Ended: true }) return;
            var events = subscription is null ? null : new EventStreamWriter(writer);
            var answer = events is null
                ? new Answer(status, Dialect.Echo(context.Request.ContentType, writer), writer.Output.Memory)
                : new Answer(status, EventStreamWriter.MediaType, SubscriptionEvents.Initial(events));
            var goesOn = faults is null || await faults.AfterAsync(answer);
            if (goesOn) await answer.SendAsync(context, events is not null);
            if (faults is not null) switchboard.Answered();
            if (goesOn && status != StatusCodes.Status200OK) await BodyReader.DiscardAsync(context);
            if (goesOn && subscription is not null) await PushAsync(context, subscription, events!);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // The client is gone or broke its own request off: there is nobody to answer.
            context.Abort();
        }
        finally
        {
            subscription?.Dispose();
        }
    }

    private async Task PushAsync(HttpContext context, ShardSubscription subscription, EventStreamWriter events)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        await subscription.PushAsync(context.Response.BodyWriter, events, gone.Token);
    }

    /// <summary>Writes the answer and returns its status; or a subscription, whose answer is still to come.</summary>
    private async ValueTask<(int Status, ShardSubscription? Subscription)> ExecuteAsync(
        HttpContext context, Operation? operation, bool cbor, AnswerWriter writer, FaultedCall? faults)
    {
        try
        {
            CheckShape(context.Request);
            if (faults is not null && !await faults.BeforeAsync(beforeBody: true, stream: null)) return default;
            using var body = await BodyReader.ReadAsync(context, _mostBodyBytes);
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            _signatures.Verify(context.Request, target, body.Span, faults?.Skew ?? TimeSpan.Zero);
            if (operation is null) throw OperationTable.Unknown(context.Request.Headers["X-Amz-Target"].ToString());
            if (faults is not null && !await faults.BeforeAsync(beforeBody: false, StreamPeek.NameOf(body.Memory, cbor))) return default;
            var call = new OperationCall(store, body.Memory, cbor, writer, faults);
            _callLimits?.Check(operation.Name, call);
            if (operation.Answers) writer.StartObject();
            operation.Execute(call);
            if (operation.Answers) writer.EndObject();
            return (StatusCodes.Status200OK, call.Subscription);
        }
        catch (KinesisException error)
        {
            await BodyReader.DiscardAsync(context);
            WriteError(writer, error);
            return (error.Status, null);
        }
        catch (Exception error) when (error is not (OperationCanceledException or IOException or BadHttpRequestException))
        {
            LogFailure(logger, operation?.Name, error);
            WriteError(writer, new("InternalFailure", error.Message, StatusCodes.Status500InternalServerError));
            return (StatusCodes.Status500InternalServerError, null);
        }
    }

    private static void CheckShape(HttpRequest request)
    {
        if (PageGuard.IsOfForeignPage(request))
            throw new KinesisException("AccessDeniedException", "The local endpoint answers no pages of other sites.", StatusCodes.Status403Forbidden);
        if (!HttpMethods.IsPost(request.Method) || request.Path.Value is not ("/" or "") || !Dialect.IsKnown(request.ContentType))
            throw KinesisErrors.UnknownOperation(
                "Operations are called by POST / with a Content-Type of application/x-amz-json-1.1 or application/x-amz-cbor-1.1.",
                StatusCodes.Status404NotFound);
        if (request.Headers.ContentEncoding.Count > 0) throw KinesisErrors.Serialization("Content-Encoding is not supported.");
    }

    private static void WriteError(AnswerWriter writer, KinesisException error)
    {
        writer.Reset();
        writer.StartObject();
        writer.Field("__type"u8, error.Type);
        writer.Field("message"u8, error.Message);
        writer.EndObject();
    }

    [LoggerMessage(LogLevel.Error, "{Operation} failed.")]
    private static partial void LogFailure(ILogger logger, string? operation, Exception error);
}

/// <summary>Which dialect a Content-Type means; an answer carries its request's own.</summary>
internal static class Dialect
{
    public static bool IsCbor(string? contentType) => Is(contentType, CborAnswerWriter.MediaType);

    public static bool IsKnown(string? contentType) =>
        Is(contentType, JsonAnswerWriter.MediaType) || Is(contentType, CborAnswerWriter.MediaType) || Is(contentType, "application/json");

    public static string Echo(string? contentType, AnswerWriter answer) =>
        Is(contentType, "application/json") ? "application/json" : answer.ContentType;

    private static bool Is(string? contentType, string mediaType) =>
        contentType is not null && contentType.StartsWith(mediaType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == mediaType.Length || contentType[mediaType.Length] is ';' or ' ');
}

/// <summary>The two ids that every answer of the service carries, errors included.</summary>
internal static class RequestIds
{
    public static void Add(IHeaderDictionary headers)
    {
        Span<byte> random = stackalloc byte[48];
        RandomNumberGenerator.Fill(random);
        headers["x-amzn-RequestId"] = new Guid(random[..16]).ToString();
        headers["x-amz-id-2"] = Convert.ToBase64String(random);
    }
}
