namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>The state a registered consumer is in. Only one that is ACTIVE can subscribe.</summary>
internal enum ConsumerStatus
{
    Creating,
    Active,
    Deleting,
}
