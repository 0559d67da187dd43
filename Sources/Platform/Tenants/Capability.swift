package import Storage

/// The twenty capabilities by name, with the tier from which on a tenant has each: 5 are basic, 10 premium, 15 enterprise, 20
/// quantum. Which of them can run here is another room's matter.
package enum Capability: String, Sendable, Hashable, CaseIterable {
    case productRecommendations = "product_recommendations"
    case nlpProcessing = "nlp_processing"
    case sentimentAnalysis = "sentiment_analysis"
    case demandForecasting = "demand_forecasting"
    case anomalyDetection = "anomaly_detection"

    case fraudDetection = "fraud_detection"
    case customerSegmentation = "customer_segmentation"
    case churnPrediction = "churn_prediction"
    case priceOptimization = "price_optimization"
    case imageClassification = "image_classification"

    case quantumFeatureSelection = "quantum_feature_selection"
    case quantumPortfolioOptimization = "quantum_portfolio_optimization"
    case quantumScheduling = "quantum_scheduling"
    case quantumRouting = "quantum_routing"
    case quantumClustering = "quantum_clustering"

    case quantumOptimization = "quantum_optimization"
    case quantumSampling = "quantum_sampling"
    case quantumKernelClassification = "quantum_kernel_classification"
    case quantumCircuitSimulation = "quantum_circuit_simulation"
    case quantumVariationalSolver = "quantum_variational_solver"

    package var tier: PerformanceTier {
        switch self {
        case .productRecommendations, .nlpProcessing, .sentimentAnalysis, .demandForecasting, .anomalyDetection: .basic
        case .fraudDetection, .customerSegmentation, .churnPrediction, .priceOptimization, .imageClassification: .premium
        case .quantumFeatureSelection, .quantumPortfolioOptimization, .quantumScheduling, .quantumRouting, .quantumClustering: .enterprise
        case .quantumOptimization, .quantumSampling, .quantumKernelClassification, .quantumCircuitSimulation, .quantumVariationalSolver: .quantum
        }
    }
}
