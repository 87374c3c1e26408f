using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Administering;

/// <summary>The common part of all admin endpoints: the line of the log, the access check, and the answers to failures.</summary>
internal sealed class AdminEndpoint(FailureAnswers failures, AdminAccess access, AuditTrail audit)
{
    /// <param name="parameters">The parameters of its query.</param>
    public RequestDelegate Wrap(RequestDelegate endpoint, params IReadOnlyList<string> parameters)
    {
        RequestDelegate answered = context => AnswerAsync(context, endpoint, parameters);
        RequestDelegate told = context => failures.RunAsync(context, answered);
        return context => audit.RunAsync(context, told);
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate endpoint, IReadOnlyList<string> parameters)
    {
        if (access.FindObstacle(context) is { } obstacle)
        {
            await ErrorAnswer.WriteAsync(context, StatusCodes.Status403Forbidden, HttpErrorCodes.Forbidden, obstacle);
            return;
        }

        context.Response.Headers.CacheControl = "no-store";
        KnownQuery.Check(context.Request, parameters);
        try
        {
            await endpoint(context);
        }
        catch (StreamManagerException failed)
        {
            await ErrorAnswer.WriteAsync(context, AdminStatus.Of(failed.Code), failed.Code, failed.Message);
        }
    }
}
