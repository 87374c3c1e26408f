using Microsoft.AspNetCore.Connections;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Answers every failure of an endpoint in the same way: a request is answered once, or its connection ends.</summary>
internal sealed partial class FailureAnswers(ILogger<FailureAnswers> logger, TimeProvider time) : IDisposable
{
    private readonly EventBudget _defects = new(time, count => LogMoreDefects(logger, count));

    public void Dispose() => _defects.Dispose();

    /// <summary>Runs the endpoint and answers its failures. It never throws.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate endpoint)
    {
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
        catch (BadHttpRequestException bad)
        {
            var isSlow = bad.StatusCode == StatusCodes.Status408RequestTimeout;
            await ErrorAnswer.WriteAsync(context, bad.StatusCode, isSlow ? HttpErrorCodes.SlowBody : HttpErrorCodes.BadRequest, bad.Message);
        }
        catch (Exception gone) when (gone is ConnectionResetException or ConnectionAbortedException
            || gone is OperationCanceledException && context.RequestAborted.IsCancellationRequested)
        {
            if (logger.IsEnabled(LogLevel.Debug))
                LogGone(logger, RequestText.TargetOf(context), gone.Message);
            context.Abort(); // no client is waiting for an answer, and the rest of the body need not be skipped
        }
        catch (Exception defect)
        {
            var told = Tell(context, defect);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await ErrorAnswer.WriteAsync(context, told);
        }
    }

    /// <summary>Tells a defect in the log, unless many were: whoever knows a request that makes one may send it again and again.</summary>
    /// <param name="id">The id by which the caller knows the request; null for the usual one.</param>
    /// <returns>What the caller is told.</returns>
    public RequestRefusedException Tell(HttpContext context, Exception defect, string? id = null)
    {
        id ??= context.TraceIdentifier;
        if (_defects.TryTake())
            LogDefect(logger, defect, RequestText.TargetOf(context), id);
        return new RequestRefusedException(
            StatusCodes.Status500InternalServerError, HttpErrorCodes.InternalFailure, $"the request failed; the log says why at {id}");
    }

    [LoggerMessage(200, LogLevel.Debug, "A client of {Target} went away before it was answered: {Reason}")]
    private static partial void LogGone(ILogger logger, string target, string reason);

    [LoggerMessage(202, LogLevel.Error, "{Count} more requests failed within a minute")]
    private static partial void LogMoreDefects(ILogger logger, long count);

    [LoggerMessage(201, LogLevel.Error, "A request to {Target} failed (request {Id})")]
    private static partial void LogDefect(ILogger logger, Exception error, string target, string id);
}
