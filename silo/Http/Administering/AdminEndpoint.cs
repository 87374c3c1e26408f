using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Administering;

/// <summary>What all admin endpoints share: who may come in, and the answer to what went wrong.</summary>
internal sealed partial class AdminEndpoint(ILogger<AdminEndpoint> logger)
{
    public RequestDelegate Wrap(RequestDelegate endpoint) => context => RunAsync(context, endpoint);

    private async Task RunAsync(HttpContext context, RequestDelegate endpoint)
    {
        if (LoopbackOnly.FindObstacle(context) is { } obstacle)
        {
            await ErrorAnswer.WriteAsync(context, StatusCodes.Status403Forbidden, HttpErrorCodes.Forbidden, obstacle);
            return;
        }

        context.Response.Headers.CacheControl = "no-store";
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
        catch (StreamManagerException failed)
        {
            await ErrorAnswer.WriteAsync(context, AdminStatus.Of(failed.Code), failed.Code, failed.Message);
        }
        catch (BadHttpRequestException bad)
        {
            await ErrorAnswer.WriteAsync(context, bad.StatusCode, HttpErrorCodes.BadRequest, bad.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception defect)
        {
            LogDefect(logger, defect, context.Request.Path);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await ErrorAnswer.WriteAsync(context, StatusCodes.Status500InternalServerError, HttpErrorCodes.InternalFailure, "the request failed; the log says why");
        }
    }

    [LoggerMessage(3, LogLevel.Error, "A request to {Path} failed")]
    private static partial void LogDefect(ILogger logger, Exception error, string path);
}
