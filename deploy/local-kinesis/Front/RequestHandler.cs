using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Kpl.LocalKinesis.Faults.Switchboard;
using Orleans.Kpl.LocalKinesis.Operations;
using Orleans.Kpl.LocalKinesis.Signing;
using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

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
        try
        {
            var status = await ExecuteAsync(context, operation, cbor, writer, faults);
            if (faults is { Ended: true }) return;
            var answer = new Answer(status, Dialect.Echo(context.Request.ContentType, writer), output.Memory);
            if (faults is null || await faults.AfterAsync(answer)) await answer.SendAsync(context);
            if (faults is not null) switchboard.Answered();
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // The client is gone or broke its own request off: there is nobody to answer.
            context.Abort();
        }
    }

    /// <summary>Writes the answer and returns its status.</summary>
    private async ValueTask<int> ExecuteAsync(
        HttpContext context, Operation? operation, bool cbor, AnswerWriter writer, FaultedCall? faults)
    {
        try
        {
            CheckShape(context.Request);
            if (faults is not null && !await faults.BeforeAsync(beforeBody: true, stream: null)) return 0;
            using var body = await BodyReader.ReadAsync(context, _mostBodyBytes);
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            _signatures.Verify(context.Request, target, body.Span, faults?.Skew ?? TimeSpan.Zero);
            if (operation is null) throw KinesisErrors.UnknownOperation();
            if (faults is not null && !await faults.BeforeAsync(beforeBody: false, StreamPeek.NameOf(body.Memory, cbor))) return 0;
            var call = new OperationCall(store, body.Memory, cbor, writer, faults);
            _callLimits?.Check(operation.Name, call);
            operation.Execute(call);
            return StatusCodes.Status200OK;
        }
        catch (KinesisException error)
        {
            WriteError(writer, error);
            return error.Status;
        }
        catch (Exception error) when (error is not (OperationCanceledException or IOException or BadHttpRequestException))
        {
            LogFailure(logger, operation?.Name, error);
            WriteError(writer, new("InternalFailure", error.Message, StatusCodes.Status500InternalServerError));
            return StatusCodes.Status500InternalServerError;
        }
    }

    private static void CheckShape(HttpRequest request)
    {
        if (!HttpMethods.IsPost(request.Method) || request.Path.Value is not ("/" or "") || !Dialect.IsKnown(request.ContentType))
            throw new KinesisException("com.amazon.coral.service#UnknownOperationException", "", StatusCodes.Status404NotFound);
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
