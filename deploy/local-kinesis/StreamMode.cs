namespace Orleans.Kpl.LocalKinesis;

/// <summary>Who decides how many shards a stream has.</summary>
public enum StreamMode
{
    /// <summary>PROVISIONED: its owner.</summary>
    Provisioned,

    /// <summary>ON_DEMAND: the service; split and merge calls are refused.</summary>
    OnDemand,
}
