using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Lifecycle;

/// <summary>Ends a stream, whatever it is doing; it stays DELETING for a while. Its consumers go with it where the call says so.</summary>
internal static class DeleteStream
{
    public static void Execute(OperationCall call)
    {
        var stream = call.Stream();
        if (stream.Status == StreamStatus.Deleting) throw KinesisErrors.NotActive(stream.Name, stream.Status);
        if (call.Fields.Bool("EnforceConsumerDeletion") is not true && stream.Consumers.All.Count > 0)
            throw KinesisErrors.ResourceInUse(
                $"Stream {stream.Name} under account {KinesisErrors.Account} has registered consumers, and EnforceConsumerDeletion is not set.");
        call.Store.Delete(stream);
    }
}
