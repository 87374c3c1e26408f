using System.Text.Json;
using Orleans.Kpl.Kinesis.Putting;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>Descriptions of streams, at most five seconds old.</summary>
/// <param name="budget">How often that may be.</param>
internal sealed class StreamDescriptions(GatewayAnswers kinesis, QuestionBudget budget, TimeProvider time)
{
    private readonly AnswerCache<JsonElement> _summaries = new(time);
    private readonly AnswerCache<IReadOnlyList<JsonElement>> _listings = new(time);

    /// <summary>Returns the answer of DescribeStreamSummary.</summary>
    /// <exception cref="FrontException">Kinesis refused the question, could not be asked, or was asked too often.</exception>
    public Task<JsonElement> SummaryAsync(string stream, string? caller, CancellationToken cancellationToken) =>
        ToldAsync(_summaries.GetAsync(stream, () => kinesis.SummaryAsync(stream), () => budget.Take(caller), cancellationToken), stream);

    /// <summary>Returns the shards that a filter selects.</summary>
    /// <inheritdoc cref="SummaryAsync"/>
    public Task<IReadOnlyList<JsonElement>> ShardsAsync(string stream, string? filter, string? caller, CancellationToken cancellationToken) =>
        ToldAsync(_listings.GetAsync(
            $"{stream}\n{filter}", () => kinesis.ShardsAsync(stream, filter), () => budget.Take(caller), cancellationToken), stream);

    /// <summary>Returns all streams, each as its summary or, from older endpoints, its name.</summary>
    /// <inheritdoc cref="SummaryAsync"/>
    public Task<IReadOnlyList<JsonElement>> StreamsAsync(string? caller, CancellationToken cancellationToken) =>
        ToldAsync(_listings.GetAsync("", kinesis.StreamsAsync, () => budget.Take(caller), cancellationToken), "");

    /// <summary>Answers with Kinesis' own error codes, but not with its messages: they name accounts and roles of the tier.</summary>
    private static async Task<T> ToldAsync<T>(Task<T> answer, string stream)
    {
        try
        {
            return await answer;
        }
        catch (KinesisException error) when (error.Kind == KinesisFailureKind.Refused)
        {
            throw error.Code switch
            {
                RecordErrorCodes.ResourceNotFound => FrontErrors.NotFound(StreamReference.NameOf(stream)),
                "AccessDeniedException" => FrontErrors.AccessDenied("The tier has no right to describe that."),
                "ResourceInUseException" => new FrontException(error.Code, $"Stream {StreamReference.NameOf(stream)} is not ACTIVE."),
                "LimitExceededException" or "ThrottlingException" => new FrontException("LimitExceededException", "Too many such calls; try again later."),
                "InvalidArgumentException" or "ValidationException" or "SerializationException" =>
                    FrontErrors.InvalidArgument("Kinesis refused these arguments."),
                _ => FrontErrors.Failure(),
            };
        }
        catch (KinesisException error)
        {
            throw error.Code == RecordErrorCodes.InvalidStream ? FrontErrors.InvalidArgument(error.Message) : FrontErrors.Failure();
        }
    }
}
