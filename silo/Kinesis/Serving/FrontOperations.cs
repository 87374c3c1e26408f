using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Kinesis.Describing;
using Orleans.Kpl.Kinesis.Putting;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>The operations of the front. It takes records; whoever reads them, or administers streams, calls Kinesis.</summary>
internal sealed class FrontOperations(PutOperations puts, DescribeOperations describes, Uri kinesis)
{
    private const string Prefix = "Kinesis_20131202.";

    private readonly DescribedAnswers _answers = new();

    /// <summary>Whether a request names an operation that puts records.</summary>
    public static bool IsPut(HttpRequest request) => request.Headers["X-Amz-Target"].ToString() is Prefix + "PutRecords" or Prefix + "PutRecord";

    /// <summary>Carries out the operation that a request names in <c>X-Amz-Target</c>.</summary>
    /// <param name="body">Its body. A put gives its memory back as soon as the records are accepted.</param>
    /// <exception cref="FrontException">There is no such operation here, or it refuses the request.</exception>
    public Task RunAsync(HttpContext context, ReceivedBody body, FrontWriter answer)
    {
        var target = context.Request.Headers["X-Amz-Target"].ToString();
        if (!target.StartsWith(Prefix, StringComparison.Ordinal))
            throw FrontErrors.UnknownOperation($"X-Amz-Target must name an operation of Kinesis, such as {Prefix}PutRecords.");
        var (stop, rights) = (context.RequestAborted, FrontRights.Of(context));
        return target[Prefix.Length..] switch
        {
            "PutRecords" => puts.PutRecordsAsync(context, body, answer),
            "PutRecord" => puts.PutRecordAsync(context, body, answer),
            "ListStreams" => DescribeAsync(describes.ListStreamsAsync),
            "ListShards" => DescribeAsync(describes.ListShardsAsync),
            "DescribeStream" => DescribeAsync(describes.DescribeStreamAsync),
            "DescribeStreamSummary" => DescribeAsync(describes.DescribeStreamSummaryAsync),
            _ => throw FrontErrors.AccessDenied(
                $"This endpoint takes records and describes streams: PutRecord, PutRecords, ListStreams, ListShards, DescribeStream, DescribeStreamSummary. For all else call Kinesis at {kinesis}"),
        };

        async Task DescribeAsync(Func<DescribeRequest, FrontRights, FrontWriter, CancellationToken, Task> describe)
        {
            rights.BeginDescription();
            await describe(DescribeRequest.Read(body.Memory, answer is CborFrontWriter), rights, answer, stop);
            context.Response.RegisterForDispose(_answers.Begin(rights.Caller));
        }
    }
}
