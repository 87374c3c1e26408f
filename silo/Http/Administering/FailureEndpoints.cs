using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Administering;

/// <summary>The admin requests that tell of failures and explain them, without any record's data.</summary>
internal sealed class FailureEndpoints(IStreamAdmin admin)
{
    private const int MostFailures = 1_000;
    private const int UsualFailures = 100;

    public async Task FailuresAsync(HttpContext context)
    {
        var after = BacklogCommandEndpoints.NumberOf(context, "after", 0, 0, long.MaxValue);
        var max = BacklogCommandEndpoints.NumberOf(context, "max", UsualFailures, 1, MostFailures);
        var page = await admin.GetFailuresAsync(AdminQueryEndpoints.StreamOf(context), after, (int)max, context.RequestAborted);
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, page, AdminJson.Default.FailedRecordPage);
    }

    public async Task ExplainAsync(HttpContext context)
    {
        var explanation = await admin.ExplainAsync(AdminQueryEndpoints.StreamOf(context), QuestionOf(context.Request.Query), context.RequestAborted);
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, explanation, AdminJson.Default.RecordExplanation);
    }

    /// <summary>Reads the one question of a request.</summary>
    private static ExplainQuestion QuestionOf(IQueryCollection query)
    {
        var (failure, key, hash) = (query["failure"], query["key"], query["hash"]);
        if (failure.Count + key.Count + hash.Count != 1)
            throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, "one of failure=NUMBER, key=KEY and hash=HASH is expected");
        if (key.Count == 1)
            return ExplainQuestion.OfKey(key.ToString());
        if (hash.Count == 1)
        {
            return UInt128.TryParse(hash.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
                ? ExplainQuestion.OfHash(at)
                : throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"hash is '{hash}': it must be a decimal number from 0 to 2^128 − 1");
        }

        return long.TryParse(failure.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? ExplainQuestion.OfFailure(number)
            : throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"failure is '{failure}': it must be a number from 1 on");
    }
}
