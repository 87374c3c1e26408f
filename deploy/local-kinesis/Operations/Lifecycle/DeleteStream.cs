using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Lifecycle;

/// <summary>Ends a stream, whatever it is doing; it stays DELETING for a while.</summary>
internal static class DeleteStream
{
    public static void Execute(OperationCall call)
    {
        var stream = call.Stream();
        if (stream.Status == StreamStatus.Deleting) throw KinesisErrors.NotActive(stream.Name, stream.Status);
        call.Store.Delete(stream);
    }
}
