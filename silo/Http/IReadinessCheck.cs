namespace Orleans.Kpl.Http;

/// <summary>A condition for sending records to this process. <c>GET /health/ready</c> asks every registered check.</summary>
public interface IReadinessCheck
{
    /// <summary>
    /// Returns why the process is not ready, in human-readable form; null when it is. Called at each request, so it must only read
    /// memory.
    /// </summary>
    string? FindObstacle();
}
