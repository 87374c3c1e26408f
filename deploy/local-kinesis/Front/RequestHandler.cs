using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Kpl.LocalKinesis.Operations;
using Orleans.Kpl.LocalKinesis.Signing;
using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>The way of a request: dialect, body, signature, operation, answer.</summary>
internal sealed partial class RequestHandler(StreamStore store, AccountPages account, ILogger logger)
{
    private const int AnswerRoom = 64 << 10;

    private readonly SignatureCheck? _signatures =
        store.Settings.Options.CheckSignatures is { } key ? new(key, store.Settings.Clock) : null;

    // Base64 adds a third; the rest is room for names, keys with escapes, and blanks.
    private readonly long _mostBodyBytes = store.Settings.Options.Sizes.MaxRequestBytes / 3L * 4 + (2 << 20);

    public Task HandleAsync(HttpContext context)
    {
        RequestIds.Add(context.Response.Headers);
        return context.Request.Path.StartsWithSegments(AccountPages.Path, out var rest)
            ? account.WriteAsync(context, rest)
            : CallAsync(context);
    }

    private async Task CallAsync(HttpContext context)
    {
        var cbor = Dialect.IsCbor(context.Request.ContentType);
        using var output = new PooledBytes(AnswerRoom);
        AnswerWriter answer = cbor ? new CborAnswerWriter(output) : new JsonAnswerWriter(output);
        var status = StatusCodes.Status200OK;
        try
        {
            await ExecuteAsync(context, cbor, answer);
        }
        catch (KinesisException error)
        {
            status = error.Status;
            WriteError(answer, error);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // The client is gone or broke its own request off: there is nobody to answer.
            context.Abort();
            return;
        }
        catch (Exception error)
        {
            LogFailure(logger, context.Request.Headers["X-Amz-Target"].ToString(), error);
            status = StatusCodes.Status500InternalServerError;
            WriteError(answer, new("InternalFailure", error.Message, status));
        }
        await SendAsync(context, status, Dialect.Echo(context.Request.ContentType, answer), output);
    }

    private async ValueTask ExecuteAsync(HttpContext context, bool cbor, AnswerWriter answer)
    {
        var request = context.Request;
        if (!HttpMethods.IsPost(request.Method) || request.Path.Value is not ("/" or "") || !Dialect.IsKnown(request.ContentType))
            throw new KinesisException("com.amazon.coral.service#UnknownOperationException", "", StatusCodes.Status404NotFound);
        if (request.Headers.ContentEncoding.Count > 0) throw KinesisErrors.Serialization("Content-Encoding is not supported.");
        using var body = await BodyReader.ReadAsync(context, _mostBodyBytes);
        _signatures?.Verify(request, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, body.Span);
        var operation = OperationTable.Find(request.Headers["X-Amz-Target"].ToString()) ?? throw KinesisErrors.UnknownOperation();
        operation.Execute(new(store, body.Memory, cbor, answer));
    }

    private static void WriteError(AnswerWriter answer, KinesisException error)
    {
        answer.Reset();
        answer.StartObject();
        answer.Field("__type"u8, error.Type);
        answer.Field("message"u8, error.Message);
        answer.EndObject();
    }

    private static async Task SendAsync(HttpContext context, int status, string contentType, PooledBytes output)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = output.Length;
        await context.Response.BodyWriter.WriteAsync(output.Memory, context.RequestAborted);
    }

    [LoggerMessage(LogLevel.Error, "{Target} failed.")]
    private static partial void LogFailure(ILogger logger, string target, Exception error);
}
