using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>Detects batches that failed because of their stream or of an unsupported option, which is an error of the whole request.</summary>
internal static class RefusedStream
{
    /// <summary>Returns the error if no record was accepted and at least one result blames the stream or an unsupported option; else null.</summary>
    public static RequestRefusedException? Find(ReadOnlySpan<RecordResult> results, bool isTold)
    {
        RequestRefusedException? refused = null;
        foreach (var result in results)
        {
            var isMissing = result.ErrorCode == RecordErrorCodes.ResourceNotFound;
            if (result.IsSuccess || !(isMissing || RefusedRecord.IsCode(result.ErrorCode)))
                return null;
            if (isMissing || result.ErrorCode is RecordErrorCodes.InvalidStream or RecordErrorCodes.NotSupported)
            {
                refused ??= new RequestRefusedException(
                    isMissing ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, result.ErrorCode!,
                    ToldDetail.Message(isTold, result.ErrorCode, result.ErrorMessage) ?? "");
            }
        }
        return refused;
    }
}
