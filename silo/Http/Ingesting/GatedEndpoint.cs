using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>What all ingest endpoints share: the gate, and the answer to what went wrong.</summary>
internal sealed partial class GatedEndpoint(IngestGate gate, IOptions<KplHttpOptions> options, ILogger<GatedEndpoint> logger)
{
    /// <summary>The endpoint behind the gate.</summary>
    public RequestDelegate Wrap(RequestDelegate endpoint) => context => RunAsync(context, endpoint);

    private async Task RunAsync(HttpContext context, RequestDelegate endpoint)
    {
        if (!gate.TryEnter())
        {
            await ErrorAnswer.WriteDrainingAsync(context, options.Value.RetryAfter);
            return;
        }
        try
        {
            await endpoint(context);
        }
        catch (RequestRefusedException refused)
        {
            await ErrorAnswer.WriteAsync(context, refused);
        }
        catch (RecordValidationException invalid)
        {
            await ErrorAnswer.WriteAsync(context, StatusCodes.Status400BadRequest, invalid.Code, invalid.Message);
        }
        catch (NotSupportedException unsupported)
        {
            // A level of acknowledgement that this process cannot give.
            await ErrorAnswer.WriteAsync(context, StatusCodes.Status400BadRequest, RecordErrorCodes.NotSupported, unsupported.Message);
        }
        catch (ObjectDisposedException) when (gate.IsDraining)
        {
            await ErrorAnswer.WriteDrainingAsync(context, options.Value.RetryAfter);
        }
        catch (BadHttpRequestException bad)
        {
            await ErrorAnswer.WriteAsync(context, bad.StatusCode, HttpErrorCodes.BadRequest, bad.Message);
        }
        catch (Exception gone) when (gone is ConnectionResetException or ConnectionAbortedException)
        {
            LogGone(logger, context.Request.Path, gone.Message);
            context.Abort(); // there is nobody to answer, and no rest of the body to read over
        }
        catch (Exception defect)
        {
            LogDefect(logger, defect, context.Request.Path);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await ErrorAnswer.WriteAsync(context, StatusCodes.Status500InternalServerError, HttpErrorCodes.InternalFailure, "the request failed; the log says why");
        }
        finally
        {
            gate.Exit();
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "A client of {Path} went away before its request was whole: {Reason}")]
    private static partial void LogGone(ILogger logger, string path, string reason);

    [LoggerMessage(2, LogLevel.Error, "A request to {Path} failed")]
    private static partial void LogDefect(ILogger logger, Exception error, string path);
}
