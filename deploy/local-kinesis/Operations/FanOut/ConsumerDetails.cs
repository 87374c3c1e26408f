using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.FanOut;

/// <summary>The fields that every description of a consumer shares.</summary>
internal static class ConsumerDetails
{
    public static void Write(AnswerWriter answer, StreamConsumer consumer)
    {
        answer.Field("ConsumerName"u8, consumer.Name);
        answer.Field("ConsumerARN"u8, consumer.Arn.ToString());
        answer.Field("ConsumerStatus"u8, consumer.Status.ToString().ToUpperInvariant());
        answer.Name("ConsumerCreationTimestamp"u8);
        answer.Timestamp(consumer.RegisteredAtTicks);
    }
}
