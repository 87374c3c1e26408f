namespace Orleans.Kpl.LocalKinesis.Operations.FanOut;

/// <summary>One consumer and its stream.</summary>
internal static class DescribeStreamConsumer
{
    public static void Execute(OperationCall call)
    {
        var consumer = ConsumerQuery.Of(call);
        call.Answer.StartObject();
        call.Answer.Name("ConsumerDescription"u8);
        call.Answer.StartObject();
        ConsumerDetails.Write(call.Answer, consumer);
        call.Answer.Field("StreamARN"u8, consumer.Stream.Arn);
        call.Answer.EndObject();
        call.Answer.EndObject();
    }
}
