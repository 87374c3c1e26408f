namespace Orleans.Kpl.Scaling.Operations;

/// <summary>A stream's status as DescribeStreamSummary tells it.</summary>
internal enum StreamState
{
    /// <summary>It is being created.</summary>
    Creating,

    /// <summary>It can be resharded.</summary>
    Active,

    /// <summary>A reshard or another change is running; records flow.</summary>
    Updating,

    /// <summary>It is being deleted.</summary>
    Deleting,

    /// <summary>There is none of that name.</summary>
    Missing,
}
